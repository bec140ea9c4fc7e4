#!/usr/bin/env node
const { bundleFor, load, readCache } = require('./load.js')

const bundle = bundleFor(process.argv[2])
const { crash, leave, main, processEnvironment } = load(bundle, readCache(bundle)).exports
process.on('uncaughtException', crash)
main(processEnvironment()).then(leave)
