import { conformance } from '@linkspan/testkit/vitest';
import { webSocketFixture } from '../web-socket-fixture.ts';

conformance(webSocketFixture('websocket with sessions', [], true));
