import { API_TOKEN, HealthController, HealthService, MetricsController, ProblemFilter, readYaml } from '@guardpost/platform';
import {
  Module,
  StandardSchemaSerializerInterceptor,
  StandardSchemaValidationPipe,
  type DynamicModule,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { AdminController } from './admin/admin.controller.js';
import { Audit } from './admin/audit.service.js';
import { IntentsAdmin } from './admin/intents-admin.service.js';
import { PortsAdmin } from './admin/ports-admin.service.js';
import { BoxesController } from './boxes/boxes.controller.js';
import { Boxes } from './boxes/boxes.service.js';
import { Connections } from './connections.js';
import { DeadLetters } from './dead-letters/dead-letters.service.js';
import { DetectionsConsumer } from './detections/detections.consumer.js';
import { DetectionsController } from './detections/detections.controller.js';
import { Judge } from './detections/judge.service.js';
import { Enforcement } from './enforcement/enforcement.service.js';
import { FlowEnforcer } from './enforcement/flow-enforcer.service.js';
import { FlowEvents } from './enforcement/flow-events.js';
import { Reconciler } from './enforcement/reconciler.service.js';
import { IndicatorsController } from './indicators/indicators.controller.js';
import { Indicators } from './indicators/indicators.service.js';
import { InventoryController } from './inventory/inventory.controller.js';
import { Inventory } from './inventory/inventory.service.js';
import { Ledger } from './ledger/ledger.service.js';
import { ListPublisher } from './lists/list-publisher.js';
import { Lists } from './lists/lists.service.js';
import type { Settings } from './load-config.js';
import { BridgeMetrics } from './metrics/bridge-metrics.js';
import { MitigationsController } from './mitigations/mitigations.controller.js';
import { Mitigations } from './mitigations/mitigations.service.js';
import { Places } from './mitigations/places.js';
import { Policy } from './policy/policy.codec.js';
import { PolicyInForce } from './policy/policy-in-force.js';
import { Protection } from './policy/protection.service.js';
import { ScopeKeeper } from './enforcement/scope-keeper.js';
import { Guards } from './withdrawals/guards.js';
import { IntentEnforcer } from './withdrawals/intent-enforcer.service.js';
import { Withdrawals } from './withdrawals/withdrawals.service.js';
import { FlowReports } from './reports/flow-reports.js';
import { ReportsConsumer } from './reports/reports.consumer.js';
import { Runtime } from './runtime.service.js';

/** What needs more than its classes: settings, connections, keys. */
function madeOf(settings: Settings): Provider[] {
  return [
    { provide: Ledger, useFactory: () => Ledger.open(settings.ledgerFile) },
    { provide: Connections, useFactory: () => new Connections(settings) },
    { provide: PolicyInForce, useFactory: () => new PolicyInForce(readYaml(settings.policyFile, Policy)) },
    { provide: API_TOKEN, useValue: settings.token },
    { provide: Boxes, inject: [Ledger], useFactory: (ledger: Ledger) => new Boxes(settings.boxes, ledger) },
    {
      provide: Inventory,
      inject: [Connections],
      useFactory: (c: Connections) => new Inventory(c.onos, (device) => settings.boxes.find((b) => b.devices.includes(device))?.id ?? null),
    },
    {
      provide: FlowEnforcer,
      inject: [Connections, Ledger, Inventory, FlowEvents],
      useFactory: (c: Connections, ledger: Ledger, inventory: Inventory, events: FlowEvents) =>
        new FlowEnforcer(c.onos, ledger, inventory, events),
    },
    {
      provide: IntentEnforcer,
      inject: [Connections, Ledger, Inventory, FlowEnforcer],
      useFactory: (c: Connections, ledger: Ledger, inventory: Inventory, flows: FlowEnforcer) =>
        new IntentEnforcer(c.onos, ledger, inventory, flows),
    },
    { provide: Places, inject: [Boxes, Inventory], useFactory: (boxes: Boxes, inventory: Inventory) => new Places(boxes, inventory) },
    { provide: Guards, inject: [Places], useFactory: (places: Places) => new Guards(places) },
    {
      provide: Withdrawals,
      inject: [Connections, PolicyInForce, Guards],
      useFactory: (c: Connections, policy: PolicyInForce, guards: Guards) => new Withdrawals(c.onos, policy, guards),
    },
    {
      provide: ScopeKeeper,
      inject: [Ledger, Places, Guards],
      useFactory: (ledger: Ledger, places: Places, guards: Guards) => new ScopeKeeper(ledger, places, guards),
    },
    {
      provide: Protection,
      inject: [Connections, PolicyInForce, Ledger],
      useFactory: (c: Connections, policy: PolicyInForce, ledger: Ledger) => new Protection(c.onos, policy, ledger),
    },
    {
      provide: Reconciler,
      inject: [Connections, Ledger, Inventory, FlowEnforcer, IntentEnforcer, ScopeKeeper, Protection],
      useFactory: (
        c: Connections,
        ledger: Ledger,
        inventory: Inventory,
        enforcer: FlowEnforcer,
        intents: IntentEnforcer,
        scopes: ScopeKeeper,
        protection: Protection,
      ) => new Reconciler(c.onos, ledger, inventory, { enforcer, intents, scopes, protection }),
    },
    {
      provide: Lists,
      inject: [Connections, Ledger],
      useFactory: (c: Connections, ledger: Ledger) => {
        const publisher = (name: string, kind: 'watch' | 'drop') => new ListPublisher(name, kind, c.redis, c.sealer(), c.bridges);
        return new Lists(
          ledger,
          publisher('watch', 'watch'),
          new Map(settings.boxes.map(({ id }) => [id, publisher(`drop.${id}`, 'drop')])),
        );
      },
    },
    {
      provide: Enforcement,
      inject: [Connections, Ledger, FlowEnforcer, IntentEnforcer, Lists],
      useFactory: (c: Connections, ledger: Ledger, flows: FlowEnforcer, intents: IntentEnforcer, lists: Lists) =>
        new Enforcement(ledger, flows, intents, lists, c.redis),
    },
    {
      provide: Judge,
      inject: [Ledger, PolicyInForce, Places],
      useFactory: (ledger: Ledger, policy: PolicyInForce, places: Places) => new Judge(ledger, policy, places),
    },
    {
      provide: DetectionsConsumer,
      inject: [Connections, Judge, DeadLetters, Enforcement],
      useFactory: (c: Connections, judge: Judge, dead: DeadLetters, enforcement: Enforcement) =>
        new DetectionsConsumer(
          settings.instance,
          c.boxes,
          judge,
          { dead, enforcement },
          new Map(settings.boxes.map(({ id }) => [id, c.sealer()])),
          c.redis,
        ),
    },
    {
      provide: ReportsConsumer,
      inject: [Connections, FlowReports, Boxes, Lists, DeadLetters],
      useFactory: (c: Connections, flows: FlowReports, boxes: Boxes, lists: Lists, dead: DeadLetters) =>
        new ReportsConsumer(settings.instance, c.boxes, flows, { boxes, lists }, dead),
    },
    {
      provide: Mitigations,
      inject: [Ledger, Enforcement, Boxes, Inventory, PolicyInForce, Places, Withdrawals, ScopeKeeper],
      useFactory: (
        ledger: Ledger,
        enforcement: Enforcement,
        boxes: Boxes,
        inventory: Inventory,
        policy: PolicyInForce,
        places: Places,
        withdrawals: Withdrawals,
        scopes: ScopeKeeper,
      ) => new Mitigations(ledger, enforcement, { boxes, inventory, policy, places, withdrawals, scopes }),
    },
    {
      provide: IntentsAdmin,
      inject: [Connections, Ledger, Inventory, Mitigations, Audit],
      useFactory: (c: Connections, ledger: Ledger, inventory: Inventory, mitigations: Mitigations, audit: Audit) =>
        new IntentsAdmin(c.onos, ledger, inventory, mitigations, audit),
    },
    {
      provide: PortsAdmin,
      inject: [Connections, Inventory, Audit],
      useFactory: (c: Connections, inventory: Inventory, audit: Audit) => new PortsAdmin(c.onos, inventory, audit),
    },
    {
      provide: Runtime,
      inject: [
        Ledger,
        Connections,
        DetectionsConsumer,
        ReportsConsumer,
        Enforcement,
        Reconciler,
        Lists,
        Boxes,
        Inventory,
        IntentEnforcer,
        HealthService,
      ],
      useFactory: (
        ledger: Ledger,
        connections: Connections,
        detections: DetectionsConsumer,
        reports: ReportsConsumer,
        enforcement: Enforcement,
        reconciler: Reconciler,
        lists: Lists,
        boxes: Boxes,
        inventory: Inventory,
        intents: IntentEnforcer,
        health: HealthService,
      ) =>
        new Runtime(
          settings.instance,
          ledger,
          connections,
          { detections, reports, enforcement, reconciler, lists, boxes, inventory, intents },
          health,
        ),
    },
  ];
}

@Module({})
export class AppModule {
  static of(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        MitigationsController,
        IndicatorsController,
        DetectionsController,
        BoxesController,
        InventoryController,
        AdminController,
        HealthController,
        MetricsController,
      ],
      providers: [
        { provide: APP_PIPE, useClass: StandardSchemaValidationPipe },
        { provide: APP_INTERCEPTOR, useClass: StandardSchemaSerializerInterceptor },
        { provide: APP_FILTER, useClass: ProblemFilter },
        ...madeOf(settings),
        Audit,
        BridgeMetrics,
        DeadLetters,
        FlowEvents,
        FlowReports,
        HealthService,
        Indicators,
      ],
    };
  }
}
