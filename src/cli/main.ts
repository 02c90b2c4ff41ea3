#!/usr/bin/env node
/** `repair-bde`. */
import { EXIT_BUG } from "../errors.ts"
import { compileProgram } from "./load-program.ts"

// What would end without an answer, because nothing was left to wait for, is a bug and must not look like success.
process.exitCode = EXIT_BUG
const { run } = compileProgram().load()
void run(process.argv.slice(2)).then((code) => (process.exitCode = code))
