#!/usr/bin/env node
const { main, processEnvironment } = require('../dist/cli.cjs')

// exit, not exitCode: a getaddrinfo(3) that netkit stopped waiting for would hold the process for seconds.
main(processEnvironment()).then((code) => process.exit(code))
