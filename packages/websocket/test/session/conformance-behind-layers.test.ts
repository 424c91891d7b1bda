import { conformance } from '@linkspan/testkit/vitest';
import { layers, webSocketFixture } from '../web-socket-fixture.ts';

conformance(webSocketFixture('websocket with sessions behind layers', layers, true));
