#!/usr/bin/env node
const { leave, main, processEnvironment } = require('../dist/cli.cjs')

main(processEnvironment()).then(leave)
