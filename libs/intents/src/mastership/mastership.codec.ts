import * as t from 'io-ts';

/** A node's part in the control of a device (MastershipRoleCodec). */
export const MastershipRole = t.keyof({ MASTER: null, STANDBY: null, NONE: null }, 'MastershipRole');
export type MastershipRole = t.TypeOf<typeof MastershipRole>;

/** Ids of the nodes that are connected to a device (RoleInfoCodec). Both absent: no node is, or ONOS never met the device. */
export const RoleInfo = t.partial({ master: t.string, backups: t.array(t.string) }, 'RoleInfo');
export type RoleInfo = t.TypeOf<typeof RoleInfo>;
