import { defineConfig } from "vitest/config";

const conditions = ["@remotemedia/source", "node", "import", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ["packages/*/{src,test}/**/*.test.ts", "test/**/*.test.ts"], pool: "forks", maxWorkers: 2 },
});
