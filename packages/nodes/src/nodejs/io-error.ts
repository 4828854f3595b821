import { errors, isRemoteMediaError, type RemoteMediaError } from "@remotemedia/core";

const reasons: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  ENOENT: ["there is no such file or folder", "Check the path; folders are not made."],
  EACCES: ["permission denied", "Check the permissions of the file and of its folder."],
  EPERM: ["permission denied", "Check the permissions of the file and of its folder."],
  EISDIR: ["it is a folder", "Name a file."],
  ENOTDIR: ["a part of the path is no folder", "Check the path."],
  ENOSPC: ["no space is left on the device", "Make room; what was written so far can be read."],
  EDQUOT: ["the quota of disk space is used up", "Make room; what was written so far can be read."],
  EFBIG: ["the file system does not take larger files", "Write to another one, or in a smaller format."],
  EMFILE: ["too many files are open", "Close some, or raise the limit (ulimit -n)."],
  EROFS: ["the file system is read-only", "Write elsewhere."],
  EPIPE: ["whoever read the pipe has closed it", "Keep the reader open as long as the pipeline runs."],
};

/** What a system call threw, as `io-failed` that names the path. */
export function ioError(thrown: unknown, doing: string, path: string, detail = ""): RemoteMediaError {
  if (isRemoteMediaError(thrown)) return thrown;
  const code = (thrown as { code?: string } | null)?.code ?? "";
  const [what, fix] = reasons[code] ?? [thrown instanceof Error ? thrown.message : String(thrown), undefined];
  return errors.ioFailed({ message: `cannot ${doing} ${path}: ${what}${detail}`, received: code || undefined, fix, cause: thrown });
}
