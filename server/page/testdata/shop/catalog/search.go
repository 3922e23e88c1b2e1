package catalog

import "strings"

// Item is something that is sold.
type Item struct {
	Name  string
	Price Price
	Stock int
}

// FindItems returns the items whose names contain a word.
func FindItems(items []Item, word string) []Item {
	var found []Item
	for _, item := range items {
		if strings.Contains(item.Name, word) {
			found = append(found, item)
		}
	}
	return found
}

// InStock returns the items that can be sent today.
func InStock(items []Item) []Item {
	var found []Item
	for _, item := range items {
		if item.Stock > 0 {
			found = append(found, item)
		}
	}
	return found
}

// Reserve takes items off the stock until they are paid.
func (i *Item) Reserve(n int) bool {
	if i.Stock < n {
		return false
	}
	i.Stock -= n
	return true
}

// Restock adds items that have arrived.
func (i *Item) Restock(n int) { i.Stock += n }
