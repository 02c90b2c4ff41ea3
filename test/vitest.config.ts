import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import DamageTally from "./damage/tally.ts"

const { REPAIR_BDE_DAMAGE_RESULTS: tallyPath } = process.env

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/node_modules/**"],
    globalSetup: ["test/suites/requirements-report.ts"],
    testTimeout: 60_000,
    reporters: ["default", ...(tallyPath ? [new DamageTally({ path: tallyPath })] : [])],
    coverage: { provider: "v8", include: ["src/**/*.ts"], exclude: ["src/kernels/**"] },
  },
})
