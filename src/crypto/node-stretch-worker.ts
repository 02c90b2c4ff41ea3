/** The thread of one stretch: answers with the number of steps done, again and again, and in the end with the hash. */
import { parentPort, workerData } from "node:worker_threads"
import { runChain, type StretchTask } from "./node-stretch-chain.ts"

export type StretchAnswer = number | Uint8Array

const chain = runChain(workerData as StretchTask)
let answer: StretchAnswer
do {
  answer = chain.next().value
  parentPort!.postMessage(answer)
} while (typeof answer === "number")
