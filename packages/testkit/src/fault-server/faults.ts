import { bodyFaults, type BodyFaults } from './body-faults.ts';
import { connectionFaults, type ConnectionFaults } from './connection-faults.ts';
import { encodingFaults, type EncodingFaults } from './encoding-faults.ts';
import type { Fault, FaultTable } from './fault.ts';
import { goodPlays, type GoodPlays } from './good-plays.ts';
import { headFaults, type HeadFaults } from './head-faults.ts';
import { hintFaults, type HintFaults } from './hint-faults.ts';
import { canHang } from './ports.ts';
import { redirectFaults, type RedirectFaults } from './redirect-faults.ts';
import { sseFaults, type SseFaults } from './sse-faults.ts';
import { sseFormFaults, type SseFormFaults } from './sse-form-faults.ts';
import { statusFaults, type StatusFaults } from './status-faults.ts';
import { webSocketCloseFaults, type WebSocketCloseFaults } from './web-socket-close-faults.ts';
import { webSocketFrameFaults, type WebSocketFrameFaults } from './web-socket-frame-faults.ts';
import {
  webSocketUpgradeFaults,
  type WebSocketUpgradeFaults,
} from './web-socket-upgrade-faults.ts';

/** Every fault by id, with the numbers that it takes. */
export interface FaultsById
  extends
    GoodPlays,
    ConnectionFaults,
    HeadFaults,
    BodyFaults,
    EncodingFaults,
    StatusFaults,
    HintFaults,
    RedirectFaults,
    SseFaults,
    SseFormFaults,
    WebSocketUpgradeFaults,
    WebSocketCloseFaults,
    WebSocketFrameFaults {}

/** The name of a fault: `'reset-mid-headers'`. */
export type FaultId = keyof FaultsById;

const table: FaultTable<FaultsById> = {
  ...goodPlays,
  ...connectionFaults,
  ...headFaults,
  ...bodyFaults,
  ...encodingFaults,
  ...statusFaults,
  ...hintFaults,
  ...redirectFaults,
  ...sseFaults,
  ...sseFormFaults,
  ...webSocketUpgradeFaults,
  ...webSocketCloseFaults,
  ...webSocketFrameFaults,
};

/** A fault of the list, with its id. */
export interface ListedFault extends Fault {
  readonly id: FaultId;
  /** Whether this system can play it. `connect-hang` needs Linux. */
  readonly available: boolean;
}

/** All faults that the fault server plays, and a few plays that are none (row 0). */
export const faults: readonly ListedFault[] = Object.entries(table).map(([id, fault]) => ({
  id: id as FaultId,
  available: (fault as unknown as Fault).place !== 'hang' || canHang,
  ...(fault as unknown as Fault),
}));

const byId: ReadonlyMap<string, ListedFault> = new Map(faults.map((fault) => [fault.id, fault]));

/** The fault of this id, if there is one. */
export function findFault(id: string): ListedFault | undefined {
  return byId.get(id);
}
