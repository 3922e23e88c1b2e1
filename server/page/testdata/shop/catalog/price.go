// Package catalog knows what is sold and for how much.
package catalog

// Price is an amount in cents.
type Price int64

// WithTax returns the price with tax added, in percent.
func (p Price) WithTax(percent int64) Price {
	return p + p*Price(percent)/100
}

// Discount takes a share in percent off the price.
func Discount(p Price, percent int64) Price {
	return p - p*Price(percent)/100
}

// Cheapest returns the lowest of some prices.
func Cheapest(prices []Price) Price {
	best := prices[0]
	for _, p := range prices[1:] {
		if p < best {
			best = p
		}
	}
	return best
}

// Round rounds a price to whole units of the currency.
func Round(p Price) Price {
	return (p + 50) / 100 * 100
}

// Format writes a price with its currency.
func Format(p Price, currency string) string {
	return currency + " " + digits(int64(p))
}

func digits(n int64) string {
	text := ""
	for n > 0 {
		text = string(rune('0'+n%10)) + text
		n /= 10
	}
	return text
}
