-- The artifact that holds the evidence which runs of this evidence id routed, if it was stored.
-- makes: rows
-- reads: lake.artifacts, $as_of, $evidence_id
SELECT digest FROM lake.artifacts WHERE name = 'evidence' AND belongs_to = $evidence_id AND ($as_of IS NULL OR commit_id <= $as_of)
ORDER BY commit_id DESC LIMIT 1;
