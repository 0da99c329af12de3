-- Every commit, in order.
FROM lake.commits ORDER BY commit_id;
