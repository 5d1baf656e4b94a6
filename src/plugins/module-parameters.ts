// What the function that a module of a plugin becomes is given.

/** Getters of its exports go to the first, the second gives what it imports, the third is its `import.meta`. */
export const MODULE_PARAMETERS = ['__export', '__import', '__meta'] as const
