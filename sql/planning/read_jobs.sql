-- The jobs of a plan, staged in plan order, as their digest is computed over them.
FROM jobs;
