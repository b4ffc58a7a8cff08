/** Where a tap met a packet. */
export interface MetAt {
  readonly ifname: string;
  readonly direction: 'ingress' | 'egress';
  readonly vni: number | null;
  readonly outer?: { readonly src: string; readonly dst: string } | null;
}
