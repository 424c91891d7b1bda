import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Body,
  ConfigurationError,
  MessageTooLargeError,
  parseSettings,
  type ResponseHeaders,
  setting,
  type SettingsTable,
  TransportError,
} from '@linkspan/core';

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes that were written to the disk. */
  readonly receivedBytes: number;
  /** The size of the whole, where the peer told it; absent for compressed answers. */
  readonly totalBytes?: number;
}

/** How a download is saved. */
export interface DownloadOptions {
  /** Told after every piece that was written. What it throws fails the download. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** A longer answer fails with `MessageTooLargeError`. @default no limit */
  readonly maxBytes?: number | undefined;
}

interface DownloadSettings {
  readonly onProgress: DownloadOptions['onProgress'];
  readonly maxBytes: number;
}

const downloadSettings: SettingsTable<DownloadSettings, DownloadOptions> = {
  onProgress: setting.callback<(progress: DownloadProgress) => void>({ optional: true }),
  maxBytes: setting.number({ default: Infinity, min: 0, orInfinity: true }),
};

/** A download that is complete and on the disk. */
export interface Download {
  /** The absolute path of the file. */
  readonly path: string;
  readonly bytes: number;
  readonly status: number | undefined;
  readonly headers: ResponseHeaders;
}

/** The head and body of the answer to save. */
export interface DownloadSource {
  readonly status: number | undefined;
  readonly headers: ResponseHeaders;
  readonly body: Body;
}

/**
 * Saves an answer as a file. It is written beside the path under another name, and takes its place
 * at the end, when all of it is on the disk: nobody ever sees half a file, a failure leaves a file
 * that was there before as it was, and leaves nothing else behind.
 *
 * @param request sends the request; it is called when the file can be written.
 * @throws ConfigurationError when the path or an option is not what it must be.
 * @throws TransportError with the code `file` when the file cannot be written.
 * @throws MessageTooLargeError when the answer is longer than `maxBytes`.
 */
export async function download(
  request: () => Promise<DownloadSource>,
  path: string | URL,
  options: DownloadOptions = {},
): Promise<Download> {
  const settings = parseSettings('download()', downloadSettings, options);
  const isFileUrl = path instanceof URL && path.protocol === 'file:';
  if (!isFileUrl && (typeof path !== 'string' || path === '')) {
    const found = path instanceof URL ? `a URL with ${path.protocol}` : JSON.stringify(path);
    const message = `expected the path of a file, or a file: URL, found ${found}`;
    throw new ConfigurationError(`Cannot save the download: path: ${message}`, {
      issues: [{ option: 'path', message }],
    });
  }
  const target = path instanceof URL ? fileURLToPath(path) : resolve(path);
  const partial = join(dirname(target), `.${basename(target)}.${randomUUID()}.part`);
  const file = await onDisk(target, open(partial, 'wx'));
  try {
    const response = await request();
    const bytes = await writeBody(file, response, target, settings);
    await onDisk(target, file.sync());
    await onDisk(target, file.close());
    await onDisk(target, rename(partial, target));
    return { path: target, bytes, status: response.status, headers: response.headers };
  } catch (error) {
    // The first failure is the one to tell; closing a file twice is allowed.
    await file.close().catch(() => undefined);
    await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeBody(
  file: FileHandle,
  response: DownloadSource,
  target: string,
  { onProgress, maxBytes }: DownloadSettings,
): Promise<number> {
  const totalBytes = sizeOf(response.headers);
  let receivedBytes = 0;
  for await (const chunk of response.body) {
    receivedBytes += chunk.byteLength;
    if (receivedBytes > maxBytes) {
      throw new MessageTooLargeError(
        `Cannot save the download: expected at most ${maxBytes} bytes (maxBytes), found more`,
      );
    }
    await onDisk(target, file.writeFile(chunk));
    onProgress?.(totalBytes === undefined ? { receivedBytes } : { receivedBytes, totalBytes });
  }
  return receivedBytes;
}

/** The length of the file, which is not that of the answer when the answer is compressed. */
function sizeOf(headers: ResponseHeaders): number | undefined {
  const length = headers['content-length'];
  if (typeof length !== 'string' || headers['content-encoding'] !== undefined) return undefined;
  return /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

async function onDisk<Value>(target: string, step: Promise<Value>): Promise<Value> {
  try {
    return await step;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'a failure';
    throw new TransportError(`Cannot save the download to ${target}: found ${code}`, {
      code: 'file',
      phase: 'body',
      cause,
    });
  }
}
