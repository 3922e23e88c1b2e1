;;; What the sessions in Emacs share.  -*- lexical-binding: t -*-

(defun session-say (format &rest arguments)
  "Add a line to the results."
  (write-region (concat (apply #'format format arguments) "\n") nil (getenv "OUT") t 'quiet))

(defun session-until (what ready)
  "Let Emacs work until READY returns true, which WHAT names."
  (let ((deadline (+ (float-time) 60)))
    (while (not (funcall ready))
      (when (> (float-time) deadline) (error "Waited in vain for %s" what))
      (accept-process-output nil 0.05))))

(defun session-ask-xref ()
  "Ask with xref until the index is there, and visit the first result."
  (session-until "results"
    (lambda ()
      (with-current-buffer (find-file-noselect (getenv "NOTES"))
        (ignore-errors (xref-find-apropos (getenv "QUESTION")) t))))
  (when (get-buffer "*xref*")
    (with-current-buffer "*xref*"
      (goto-char (point-min))
      (xref-next-line)
      (xref-goto-xref)))
  (session-say-place))

(defun session-say-place ()
  "Add where the selected window is to the results."
  (with-current-buffer (window-buffer (selected-window))
    (session-say "at %s:%d" (file-relative-name (buffer-file-name) (getenv "ROOT"))
                 (line-number-at-pos (window-point (selected-window))))))
