#!/usr/bin/env node
const { load, readCache } = require('./load.js')

const { crash, leave, main, processEnvironment } = load(readCache()).exports
process.on('uncaughtException', crash)
main(processEnvironment()).then(leave)
