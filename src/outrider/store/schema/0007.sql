-- A command is text, a slash command of the program's own, or named keys.
ALTER TABLE commands ADD COLUMN form TEXT NOT NULL DEFAULT 'text';
