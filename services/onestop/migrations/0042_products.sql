ALTER TABLE parcel ADD COLUMN product_number text; -- by which a vendor's product behind this service knows the parcel
