package eval

import (
	"math/rand/v2"
	"slices"
)

// resamples is how often Bootstrap draws. The ends of its interval then vary by about a hundredth of its width.
const resamples = 10_000

// Bootstrap returns the interval that holds the mean of paired differences with 95 % confidence, by the percentile
// bootstrap (Efron and Tibshirani, "An introduction to the bootstrap", 1993): questions are drawn with replacement,
// and of the means of all draws the lowest and the highest fortieth are cut off. The same differences always give the
// same interval; without any it is empty, [0, 0].
func Bootstrap(differences []float64) [2]float64 {
	if len(differences) == 0 {
		return [2]float64{}
	}
	random := rand.New(rand.NewPCG(uint64(len(differences)), resamples))
	means := make([]float64, resamples)
	for i := range means {
		sum := 0.0
		for range differences {
			sum += differences[random.IntN(len(differences))]
		}
		means[i] = sum / float64(len(differences))
	}
	slices.Sort(means)
	return [2]float64{means[resamples/40], means[resamples-1-resamples/40]}
}
