;;; Asks through lsp-mode and xref, and visits the first result.  -*- lexical-binding: t -*-
(load (expand-file-name "common.el" (file-name-directory load-file-name)) nil t)
(setq lsp-session-file (expand-file-name "session" (getenv "HOME"))
      lsp-enable-snippet nil)
(load (getenv "SNIPPET") nil t)
(require 'lsp-mode)
(lsp-workspace-folders-add (file-name-directory (getenv "NOTES")))
(find-file (getenv "NOTES"))
(lsp)
(session-until "the server"
  (lambda () (seq-find (lambda (w) (eq 'initialized (lsp--workspace-status w))) (lsp-workspaces))))
(session-ask-xref)
(with-current-buffer (find-file-noselect (getenv "NOTES"))
  (let ((workspace (car (lsp-workspaces))))
    (lsp-workspace-shutdown workspace)
    (session-until "the end" (lambda () (not (process-live-p (lsp--workspace-proc workspace)))))))
(session-say "warnings: %s"
  (if (get-buffer "*Warnings*") (with-current-buffer "*Warnings*" (buffer-string)) "none"))
