#!/usr/bin/env node
/** `repair-bde`. Nothing is loaded here that the command at hand does not need: the help is as quick as Node itself. */
import { EXIT_BUG } from "../errors.ts"
import { run } from "./run.ts"

// What would end without an answer, because nothing was left to wait for, is a bug and must not look like success.
process.exitCode = EXIT_BUG
process.exitCode = await run(process.argv.slice(2))
