-- National population database (SYS-DB-POPULATION) with the insurance card (SYS-DB-INSURANCE). The key is added after
-- the whole province has been loaded, which is several times faster.
CREATE TABLE person (
    personal_number text NOT NULL,
    full_name text NOT NULL,
    sex text NOT NULL,
    born date NOT NULL,
    commune text,
    insurance_card text
);

-- National business register (SYS-DB-BUSINESS).
CREATE TABLE company (
    tax_code text PRIMARY KEY,
    name text NOT NULL,
    director text NOT NULL,
    province_code text NOT NULL
);

-- Payment platform (SYS-PAY).
CREATE TABLE payment_order (
    "order" text PRIMARY KEY,
    key text NOT NULL UNIQUE,
    payee text NOT NULL,
    code text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'paid')),
    created_at timestamptz NOT NULL,
    paid_at timestamptz,
    request_key text
);

-- What the National Public Service Portal knows of the province's dossiers (SYS-NATIONAL-PORTAL).
CREATE TABLE dossier (
    code text PRIMARY KEY,
    procedure text NOT NULL,
    state text NOT NULL,
    seq integer NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Results on their way by post (SYS-POST).
CREATE TABLE parcel (
    parcel text PRIMARY KEY,
    code text NOT NULL,
    status text NOT NULL DEFAULT 'accepted' CHECK (status IN ('accepted', 'delivered')),
    accepted_at timestamptz NOT NULL,
    delivered_at timestamptz,
    request_key text
);
