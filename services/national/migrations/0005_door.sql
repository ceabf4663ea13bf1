-- Where each province's electronic forms are, as its portal says over the LGSP.
CREATE TABLE form_host (
    system text PRIMARY KEY,
    apply_url text NOT NULL
);
