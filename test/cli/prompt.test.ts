/** Typing at a prompt, key by key. On a real terminal: `terminal.test.ts`. */
import { PassThrough } from "node:stream"
import { describe, expect, it } from "vitest"
import { Interrupted, askPerson, askSecret } from "../../src/cli/prompt.ts"

class Keyboard extends PassThrough {
  readonly modes: boolean[] = []
  setRawMode(raw: boolean): void {
    this.modes.push(raw)
  }
  unref(): void {}
}

async function type(...chunks: (string | Buffer)[]) {
  const keyboard = new Keyboard()
  let shown = ""
  const answer = askSecret(keyboard, "Password: ", (text) => (shown += text))
  for (const chunk of chunks) keyboard.write(chunk)
  const secret = await answer.catch((error: unknown) => error)
  return { secret, shown, modes: keyboard.modes }
}

describe("a secret", () => {
  it("is typed without an echo, and the terminal is put back", async () => {
    expect(await type("hun", "ter2\r")).toEqual({
      secret: "hunter2",
      shown: "Password: \n",
      modes: [true, false],
    })
  })

  it("is asked for when the echo is off already", async () => {
    const keyboard = new Keyboard()
    const modesWhenShown: number[] = []
    const answer = askSecret(keyboard, "Password: ", () => modesWhenShown.push(keyboard.modes.length))
    keyboard.write("x\r")
    await answer
    expect(modesWhenShown).toEqual([1, 2])
  })

  it("can be corrected", async () => {
    expect((await type("ab\u007fc\r")).secret).toBe("ac")
    expect((await type("\u0008wrong\u0015right\n")).secret).toBe("right")
    expect((await type("é𝄞\u007f\u007fx\r")).secret).toBe("x")
  })

  it("ignores arrows and function keys, and keeps a character that comes in two pieces", async () => {
    const [a, b] = [Buffer.from("ü").subarray(0, 1), Buffer.from("ü").subarray(1)]
    expect((await type("\u001b[Aa\u001b[3~", a, b, "\u001bOP\r")).secret).toBe("aü")
  })

  it("is given up with Ctrl-C, and missed after Ctrl-D", async () => {
    const interrupted = await type("abc\u0003")
    expect(interrupted.secret).toBeInstanceOf(Interrupted)
    expect(interrupted.modes).toEqual([true, false])
    expect((await type("abc\u0004")).secret).toMatchObject({ code: "no-secret" })
  })
})

describe("a question", () => {
  it.each([
    ["yes\n", true],
    [" YES \n", true],
    ["y\n", false],
    ["\n", false],
    ["no\n", false],
  ])("is answered by %j with %s", async (line, answer) => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    input.write(line)
    const question = { code: "overwrite-device", text: "Overwrite?" }
    expect(await askPerson(input, output, question, new AbortController().signal)).toBe(answer)
    expect(String(output.read())).toBe("Overwrite? Type yes to go on: ")
  })

  it.each([
    ["1A2B3C4D\n", true],
    [" 1a2b3c4d \n", true],
    ["99999999\n", true],
    ["yes\n", false],
    ["1A2B3C4\n", false],
    ["\n", false],
  ])("that has answers of its own is answered by %j with %s", async (line, answer) => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    input.write(line)
    const question = { code: "write-to-drive", text: "Type the key ID:", answers: ["1A2B3C4D", "99999999"] }
    expect(await askPerson(input, output, question, new AbortController().signal)).toBe(answer)
    expect(String(output.read())).toBe("Type the key ID: ")
  })

  it("ends with the job", async () => {
    const question = { code: "overwrite-device", text: "?" }
    const asked = askPerson(new PassThrough(), new PassThrough(), question, AbortSignal.timeout(10))
    await expect(asked).rejects.toThrow(/abort/i)
  })
})
