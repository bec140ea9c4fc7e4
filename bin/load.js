const { existsSync, readFileSync } = require('node:fs')
const Module = require('node:module')
const { dirname, join } = require('node:path')
const { Script } = require('node:vm')

const dist = join(__dirname, '..', 'dist')
const bundleFile = (name) => join(dist, `${name}.cjs`)

/** The bundle for a command line: the command's own where that is its first word, which loads faster, else that of all. */
exports.bundleFor = (word = '') => {
  const own = `cli-${word}`
  return /^[a-z-]+$/.test(word) && existsSync(bundleFile(own)) ? own : 'cli'
}

/** Loads a bundle as require would, but for V8's cache of its code, which saves most of the start-up time. */
exports.load = (name, cachedData) => {
  const filename = bundleFile(name)
  // The bundle is ASCII: as Latin-1 it is read without being decoded.
  const source = Module.wrap(readFileSync(filename, 'latin1'))
  const script = new Script(source, { filename, ...(cachedData && { cachedData }) })
  const module = { exports: {} }
  script.runInThisContext()(module.exports, Module.createRequire(filename), module, filename, dirname(filename))
  return { script, exports: module.exports }
}

/**
 * What tells this build of Node from every other. V8 compares its own version alone, and patch releases of Node change
 * V8 below it: a cache of Node 20.20 is taken by 20.19, which then crashes.
 */
const build = () => JSON.stringify([process.arch, process.platform, process.versions, process.config])

exports.cacheFile = (name) => join(dist, `${name}.cache`)

/** The cache as {@link readCache} wants it: behind V8's bytes stands for which build of Node they are. */
exports.sealCache = (cachedData) => Buffer.concat([cachedData, Buffer.from(build(), 'latin1')])

/** null where the cache is missing, or was made by another build of Node. */
exports.readCache = (name) => {
  const mine = build()
  let bytes
  try {
    bytes = readFileSync(exports.cacheFile(name))
  } catch {
    return null
  }
  const end = Math.max(0, bytes.length - mine.length)
  return bytes.latin1Slice(end) === mine ? bytes.subarray(0, end) : null
}
