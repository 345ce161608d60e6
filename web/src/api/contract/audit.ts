/** The audit trail: entries, their proofs, and whether the chain is whole. */
export type AuditParty = { kind: string; id: string; name: string };
export type AuditEntry = {
  id: number;
  at: string;
  actor: AuditParty;
  action: string;
  target: AuditParty;
  details: Record<string, unknown>;
  address: string;
  request_id: string;
  row_hash: string;
  prev_hash: string;
};
export type AuditFilter = {
  q?: string;
  action?: string;
  actor_id?: string;
  actor_kind?: string;
  target_kind?: string;
  target_id?: string;
  address?: string;
  from?: string;
  to?: string;
};
export type AuditPage = { items: AuditEntry[]; total: number };
export type AuditFacets = {
  actions: { value: string; count: number }[];
  actors: { id: string; name: string; kind: string; count: number }[];
};
export type Verification = {
  id: string;
  state: 'running' | 'intact' | 'broken' | 'failed';
  trigger: 'person' | 'periodic';
  checked: number;
  total: number;
  started_at: string;
  finished_at: string | null;
  break: { id: number; kind: string; detail: string } | null;
  checkpoint: { size: number; at: string } | null;
};
export type Checkpoint = { size: number; root_hash: string; at: string; note: string };
export type AuditProof = {
  entry: AuditEntry;
  leaf_hash: string;
  index: number;
  tree_size: number;
  hashes: string[];
  /** A signed note: name of the log, size, root hash, signature. */
  checkpoint: string;
};
type ById = { path: { id: string } };

export interface AuditOperations {
  listAudit: { query?: AuditFilter & { page?: number; page_size?: number }; ok: AuditPage };
  auditFacets: { ok: AuditFacets };
  startVerification: { ok: Verification };
  listVerifications: {
    query?: { page?: number; page_size?: number };
    ok: { items: Verification[]; total: number };
  };
  getVerification: ById & { ok: Verification };
  listCheckpoints: {
    query?: { page?: number; page_size?: number };
    ok: { items: Checkpoint[]; total: number };
  };
  auditKey: { ok: { verifier_key: string; name: string } };
  exportAudit: { query: AuditFilter & { format: 'csv' | 'jsonl' }; ok: string };
  auditProof: { path: { id: number }; ok: AuditProof };
}

export const auditRoutes = {
  listAudit: ['GET', '/api/v1/audit'],
  auditFacets: ['GET', '/api/v1/audit/facets'],
  startVerification: ['POST', '/api/v1/audit/verifications'],
  listVerifications: ['GET', '/api/v1/audit/verifications'],
  getVerification: ['GET', '/api/v1/audit/verifications/{id}'],
  listCheckpoints: ['GET', '/api/v1/audit/checkpoints'],
  auditKey: ['GET', '/api/v1/audit/key'],
  exportAudit: ['GET', '/api/v1/audit/export'],
  auditProof: ['GET', '/api/v1/audit/{id}/proof'],
} as const;
