-- What a reason says of an override: who pinned what, why and until when.
-- example: override_text('ROUTE_BLOCKED', 'ann', 'delisted', NULL::TIMESTAMPTZ) → "Override ROUTE_BLOCKED by ann: delisted"
-- makes: macro override_text()
-- reads: nothing
CREATE OR REPLACE TEMP MACRO override_text(route, author, reason, expires_at) AS
    concat('Override ', route, ' by ', author, ': ', reason,
           coalesce(strftime(expires_at AT TIME ZONE 'UTC', ' (until %Y-%m-%d %H:%M UTC)'), ''));
