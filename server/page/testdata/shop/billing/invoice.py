"""Invoices and how they reach the customer."""


def mailInvoice(invoice, customer):
    """Send an invoice to the customer by mail, as an attachment."""
    message = compose(customer.address, "Your invoice")
    message.attach(renderInvoice(invoice))
    return message.send()


def renderInvoice(invoice):
    """Render an invoice as a page of text, one line for each item."""
    lines = [f"{item.name}: {item.price}" for item in invoice.items]
    return "\n".join(lines)


def invoiceTotal(invoice):
    """Sum up the prices of all items of an invoice."""
    return sum(item.price for item in invoice.items)


def overdueInvoices(invoices, today):
    """Return the invoices that should have been paid by now."""
    return [i for i in invoices if i.due < today and not i.paid]


def remind(invoice, customer):
    """Remind a customer of an invoice that is overdue."""
    message = compose(customer.address, "A reminder")
    return message.send()


def compose(address, subject):
    """Begin a message to an address."""
    return Message(to=address, subject=subject)
