-- wrk's request and its result as one JSON line. Arguments after "--": METHOD BYTES
local json = '{"requests":%d,"microseconds":%d,"bytes":%d,"errors":%d,"p50":%d,"p99":%d}'

function init(args)
  wrk.method = args[1]
  local size = tonumber(args[2])
  if size > 0 then wrk.body = string.rep("x", size) end
  request = nil
  local built = wrk.format()
  request = function() return built end
end

function done(summary, latency, requests)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(json:format(summary.requests, summary.duration, summary.bytes, failed, latency:percentile(50), latency:percentile(99)) .. "\n")
end
