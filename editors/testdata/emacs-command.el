;;; Asks with the command of the README and walks with next-error.  -*- lexical-binding: t -*-
(load (expand-file-name "common.el" (file-name-directory load-file-name)) nil t)
(load (getenv "SNIPPET") nil t)
(find-file (getenv "NOTES"))
(semantic-search (getenv "QUESTION"))
(session-until "the list" (lambda () (not (get-buffer-process "*grep*"))))
(next-error)
(session-say-place)
