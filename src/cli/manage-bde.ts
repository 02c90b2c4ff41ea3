#!/usr/bin/env node
/** `manage-bde`: the second program of this shell, which only reads. */
import { compileProgram } from "./load-program.ts"

/** What would end without an answer is a bug and must not look like one: 1 is an answer of `-status -p`. */
const EXIT_WITHOUT_ANSWER = 255

process.exitCode = EXIT_WITHOUT_ANSWER
const { run } = compileProgram().load()
void run(process.argv.slice(2), "manage-bde").then((code) => (process.exitCode = code))
