/** Kept equal to package.json by a test: a bundle cannot read its own package file cheaply. */
export const VERSION = '0.1.0'
