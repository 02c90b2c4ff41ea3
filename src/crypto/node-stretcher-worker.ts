/** The thread of one stretcher: four candidates in, four keys out, again and again. */
import { parentPort, workerData } from "node:worker_threads"
import { runFour, type StretchFourTask } from "./node-stretch-four.ts"

const kernel = workerData as WebAssembly.Module

parentPort!.on("message", (task: StretchFourTask) => {
  const chains = runFour(kernel, task)
  let keys = chains.next()
  while (!keys.done) keys = chains.next()
  parentPort!.postMessage(keys.value)
})
