-- Nouns of a clause that wishes for something; an older lineage says so of none.

SET LOCAL search_path = kundenecho;

ALTER TABLE term ADD COLUMN wished boolean NOT NULL DEFAULT false;
