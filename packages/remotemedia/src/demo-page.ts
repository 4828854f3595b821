import { fileURLToPath } from "node:url";

/**
 * The folder of the page that comes with this package, to talk to a pipeline: for the option `page` of a server.
 *
 * @example await serve({ manifest, host: nodejsHost, page: demoPage() });
 */
export function demoPage(): string {
  // Beside `dist`, as beside `src`.
  return fileURLToPath(new URL("../page", import.meta.url));
}
