#!/usr/bin/env node
const { load, readCache } = require('./load.js')

const { leave, main, processEnvironment } = load(readCache()).exports
main(processEnvironment()).then(leave)
