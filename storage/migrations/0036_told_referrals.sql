-- Where a customer tells of others who came through him; an older lineage tells of none.

SET LOCAL search_path = kundenecho;

ALTER TABLE analysis
    ADD COLUMN referral_field text,
    ADD COLUMN referral_start integer,
    ADD COLUMN referral_end   integer;
