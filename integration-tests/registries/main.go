// A registry that gives schemas GUIDs as well, for records whose header says by which one they are written. It checks nothing.
package main

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/sr/srfake"
)

func main() {
	fmt.Println(srfake.New().URL())
	select {}
}
