-- Who names a defect and is content all the same is no unhappy customer.

SET LOCAL search_path = kundenecho;

ALTER TABLE case_file ADD COLUMN content boolean NOT NULL DEFAULT false;

CREATE OR REPLACE VIEW lists.cases WITH (security_barrier) AS
SELECT 'V' || c.case_id AS case_id, c.kind, c.state, c.outcome, c.priority, c.valuable, c.advocate, c.team, c.owner,
       c.product, p.name AS product_name, c.channel, c.opened_at, c.due_at, c.answered_at, c.answer_dated, c.closed_at,
       c.state = 'open' AND c.due_at < now() AS overdue, c.escalated_at,
       'F' || c.feedback_id AS feedback_id, f.url, n.display_name, m.rating_1_5 AS rating, m.title, m.text, c.content
FROM case_file c
LEFT JOIN feedback f USING (feedback_id)
LEFT JOIN author_name n USING (author_id)
LEFT JOIN masked_revision m ON m.revision_id = f.current_revision_id
LEFT JOIN product p ON p.product = c.product;
COMMENT ON COLUMN lists.cases.content IS 'Whether the customer is content all the same, by stars, recommendation or words.';

CREATE OR REPLACE VIEW lists.valuable_unhappy WITH (security_barrier) AS
SELECT 'V' || c.case_id AS case_id, c.kind, c.state, c.valuable, c.advocate, c.owner, c.product, c.channel, c.opened_at,
       c.due_at, 'F' || c.feedback_id AS feedback_id
FROM case_file c
WHERE c.kind IN ('complaint', 'defect_report') AND c.state <> 'closed' AND (c.valuable OR c.advocate) AND NOT c.content;

GRANT SELECT ON lists.cases TO kundenecho_support, kundenecho_pipeline;
GRANT SELECT ON lists.valuable_unhappy TO kundenecho_support, kundenecho_marketing, kundenecho_pipeline;
