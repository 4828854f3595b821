/** Files of one folder over HTTP: nothing outside of it, nothing hidden, no listings. */
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";

const mimeTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".mp3": "audio/mpeg",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".wav": "audio/wav",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};
const largestPage = 1024 * 1024;

/** The file of a URL path, or undefined: what is no plain path below the folder is treated as if it did not exist. */
function relativePathOf(urlPath: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
  const parts = (path === "/" ? "/index.html" : path).slice(1).split("/");
  // An empty part, one with a dot in front (`..`, `.git`), a NUL, a separator or stream of Windows.
  return parts.every((part) => /^[^.\\:\0][^\\:\0]*$/.test(part)) ? join(...parts) : undefined;
}

/**
 * Answers a GET or HEAD with a file of the folder.
 *
 * @returns whether there is such a file; if not, nothing was answered
 */
export async function serveFile(folder: string, urlPath: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const path = relativePathOf(urlPath);
  const file = path === undefined ? undefined : await openInside(folder, path);
  if (file === undefined || path === undefined) return false;
  try {
    await answerWith(file, path, request, response);
  } catch {
    // It cannot be read, or the client has gone.
    response.destroy();
  } finally {
    await file.close();
  }
  return true;
}

async function answerWith(file: FileHandle, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { size, mtimeMs } = await file.stat();
  const etag = `"${size.toString(16)}-${Math.trunc(mtimeMs).toString(16)}"`;
  response.setHeader("ETag", etag).setHeader("Cache-Control", "no-cache");
  const extension = extname(path).toLowerCase();
  const holdsCode = extension === ".html" || extension === ".svg";
  // Before anything is answered: what a 304 says replaces what the browser had kept.
  response.setHeader("Content-Security-Policy", contentPolicy(holdsCode ? await startOf(file, size) : ""));
  if (isKnown(request, etag)) return void response.writeHead(304).end();
  response.setHeader("Content-Type", mimeTypes[extension] ?? "application/octet-stream");
  response.setHeader("Content-Length", size);
  if (request.method === "HEAD" || size === 0) return void response.end();
  // The length was promised: a file that grows meanwhile is cut there.
  await pipeline(file.createReadStream({ start: 0, end: size - 1, autoClose: false }), response);
}

/** A symbolic link may lead anywhere: what counts is where the file really is. */
async function openInside(folder: string, path: string): Promise<FileHandle | undefined> {
  try {
    const root = await realpath(folder);
    const real = await realpath(join(root, path));
    if (!real.startsWith(root + sep)) return undefined;
    // Looked at before it is opened: opening a pipe waits for who writes into it.
    return (await stat(real)).isFile() ? await open(real) : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 9110 section 13.1.2. */
const isKnown = ({ headers: { "if-none-match": tags = "" } }: IncomingMessage, etag: string): boolean =>
  tags === "*" || tags.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);

async function startOf(file: FileHandle, size: number): Promise<string> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.min(size, largestPage)), position: 0 });
  return buffer.toString("utf8", 0, bytesRead);
}

/**
 * Pages load from this server alone and connect to any WebSocket (its address can be edited on the earlier SDK's page). Code and styles inside
 * of the HTML run only where the page has some: a page that has none stays protected from what might be smuggled into it.
 */
function contentPolicy(html: string): string {
  const hasScript = /<script(?![^>]*\ssrc\s*=)[^>]*>|<[^>]+\son\w+\s*=/i.test(html);
  const hasStyle = /<style[\s>]|<[^>]+\sstyle\s*=/i.test(html);
  return [
    `default-src 'self'; script-src 'self'${hasScript ? " 'unsafe-inline'" : ""}; style-src 'self'${hasStyle ? " 'unsafe-inline'" : ""}`,
    "connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' blob:",
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ].join("; ");
}
