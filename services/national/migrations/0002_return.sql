-- Where the payer's browser goes after the payment page.
ALTER TABLE payment_order ADD COLUMN return_url text NOT NULL DEFAULT '';
