import type { ConformanceReport } from './run-conformance.ts';

/** What shields.io shows as a badge: its endpoint schema, version 1 (https://shields.io/badges/endpoint-badge). */
export interface BadgeEndpoint {
  readonly schemaVersion: 1;
  readonly label: string;
  readonly message: string;
  readonly color: 'brightgreen' | 'lightgrey' | 'red';
}

/** A report in a few words, in two forms. */
export interface ConformanceBadge {
  /** A picture for a README. */
  readonly svg: string;
  /** JSON to be served to shields.io. */
  readonly endpoint: BadgeEndpoint;
}

const LABEL = 'linkspan conformance';

const fill: Readonly<Record<BadgeEndpoint['color'], string>> = {
  brightgreen: '#3a8a1e',
  lightgrey: '#6b6b6b',
  red: '#c5352a',
};

/**
 * Says in a badge what became of a transport. Green is only for a run of every case in which none
 * failed; cases that the transport's capabilities exclude are counted in it.
 */
export function conformanceBadge(report: ConformanceReport): ConformanceBadge {
  const { message, color } = summarize(report);
  const endpoint: BadgeEndpoint = { schemaVersion: 1, label: LABEL, message, color };
  return { endpoint, svg: draw(report.transport, endpoint) };
}

function summarize({
  isComplete,
  passed,
  failed,
  skipped,
}: ConformanceReport): Pick<BadgeEndpoint, 'message' | 'color'> {
  const skips = skipped === 0 ? '' : `, ${skipped} skipped`;
  if (failed > 0) return { message: `${failed} failed, ${passed} passed${skips}`, color: 'red' };
  return isComplete
    ? { message: `${passed} passed${skips}`, color: 'brightgreen' }
    : { message: `${passed} passed${skips}, not all run`, color: 'lightgrey' };
}

/** Text at 11 px is some 6.5 px a character; `textLength` makes it so. */
const CHARACTER_PX = 6.5;
const PADDING_PX = 12;

function draw(transport: string, { label, message, color }: BadgeEndpoint): string {
  const [left, right] = [label, message].map(
    (text) => Math.round(text.length * CHARACTER_PX) + PADDING_PX,
  ) as [number, number];
  const width = left + right;
  const title = escapeXml(`${transport}: ${label}: ${message}`);
  const text = (content: string, x: number, boxWidth: number): string =>
    `<text x="${x + boxWidth / 2}" y="14" textLength="${boxWidth - PADDING_PX}">${escapeXml(content)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${title}">
  <title>${title}</title>
  <clipPath id="r"><rect width="${width}" height="20" rx="3"/></clipPath>
  <g clip-path="url(#r)">
    <rect width="${left}" height="20" fill="#444"/>
    <rect x="${left}" width="${right}" height="20" fill="${fill[color]}"/>
  </g>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">
    ${text(label, 0, left)}
    ${text(message, left, right)}
  </g>
</svg>
`;
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
