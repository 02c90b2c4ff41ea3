/*
 * The first file of every npm script: `node scripts/run.cjs TASK [arguments]` runs scripts/TASK.mjs. It is written in the
 * JavaScript of long ago, so that a Node that is too old says so in one sentence instead of with a syntax error.
 */
"use strict"

var NEEDED = [20, 19]

var version = process.versions.node.split(".")
var isOldEnough = version[0] > NEEDED[0] || (+version[0] === NEEDED[0] && version[1] >= NEEDED[1])

if (!isOldEnough) {
  console.error(
    "repair-bde needs Node " +
      NEEDED.join(".") +
      " or later, and this is Node " +
      process.versions.node +
      ".",
  )
  process.exit(2)
}

var task = process.argv[2]
// The task finds its own arguments where every program finds them.
process.argv.splice(1, 2, require("path").join(__dirname, task + ".mjs"))
// A plain import() is a syntax error before Node 10 even where it is never reached.
// oxlint-disable-next-line typescript/no-implied-eval
new Function("url", "return import(url)")(require("url").pathToFileURL(process.argv[1]).href)
