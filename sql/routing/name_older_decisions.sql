-- The table that older rules end in gives its name to the decisions that are held.
ALTER TABLE decisions RENAME TO older_decisions;
