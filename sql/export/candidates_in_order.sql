-- Whether the candidates of a run are stored in the order in which its files list them, as they are unless something has
-- moved them. Rows come out as they are stored, and sorting wide ones costs more than all else an export does with them.
SELECT coalesce(bool_and(follows), true) AS in_order
FROM (SELECT "position" > lag("position", 1, 0) OVER () AS follows FROM lake.candidates WHERE commit_id = $commit_id);
