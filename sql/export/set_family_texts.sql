-- The few lists of families that a plan has, each written out once.
-- makes: variable family_texts
-- reads: lake.jobs, json_text(), $plan_id
SET VARIABLE family_texts = (
    SELECT map_from_entries(list((model_families, CASE WHEN len(model_families) = 0 THEN '[]' ELSE concat(
        E'[\n        ',
        array_to_string(list_transform(model_families, lambda family: json_text(family)), E',\n        '),
        E'\n      ]') END)))
    FROM (SELECT DISTINCT model_families FROM lake.jobs WHERE plan_id = $plan_id)
);
