-- Which states there are is said once, in states.py, which every act is checked against.
ALTER TABLE dossier DROP CONSTRAINT IF EXISTS dossier_state_check;
